"""What several studies share: labels, figures by year, checks of tables, words of ageing and warranty, tables."""
