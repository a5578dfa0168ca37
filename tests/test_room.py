"""The layout of a grid of panels: no words outside the picture, no words over others, panels of one size."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from mcsim.report.panels import legend
from mcsim.report.room import Room
from mcsim.report.style import WIDTH, drawing


def drawn(titles, columns, size=(WIDTH, 4.0)):
    with drawing() as plt:
        rows = -(-len(titles) // columns)
        picture, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharex=True)
        picture.set_layout_engine(Room())
        for number, (axis, title) in enumerate(zip(axes.flat, titles, strict=False)):
            axis.plot([0, 10.0**number], [0.0, 10.0**number], label="a line")
            axis.set_title(title)
            axis.set_xlabel("age, years")
            axis.set_ylabel("kg")
        for axis in list(axes.flat)[len(titles) :]:
            axis.set_visible(False)
        legend(picture, axes[0, 0], 1)
        FigureCanvasAgg(picture).draw()
        shown = list(axes.flat)[: len(titles)]
        boxes = [[text.get_window_extent() for text in _texts(axis)] for axis in shown]
        return picture, shown, boxes, picture.legends[0].get_window_extent()


def _texts(axis):
    low, high = axis.get_ylim()
    labels = [tick.label1 for tick in axis.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [axis.title, axis.xaxis.label, axis.yaxis.label, *labels]


@pytest.mark.parametrize(
    ("titles", "columns"),
    [(["one"], 1), (["a", "b", "c", "d", "e"], 3), (["narrow", "a title that is wider than the panel under it"], 4)],
)
def test_words_lie_inside_and_apart(titles, columns):
    picture, axes, boxes, foot = drawn(titles, columns)
    for number, own in enumerate(boxes):
        for box in own:
            assert 0.0 <= box.x0 < box.x1 <= picture.bbox.width
            assert foot.y1 <= box.y0 < box.y1 <= picture.bbox.height
            assert not any(box.overlaps(theirs) for others in boxes[:number] for theirs in others)
    sizes = np.array([axis.bbox.size for axis in axes])
    np.testing.assert_allclose(sizes, np.broadcast_to(sizes[0], sizes.shape))
    assert sizes[0].min() > 20.0


def test_room_is_used():
    picture, (axis,), _, foot = drawn(["one"], 1)
    assert axis.bbox.width > 0.85 * picture.bbox.width
    assert axis.bbox.height > 0.7 * (picture.bbox.height - foot.y1)


def test_a_long_text_beside_a_low_panel_takes_several_lines():
    with drawing() as plt:
        picture, axes = plt.subplots(1, 1, figsize=(WIDTH, 1.6), squeeze=False)
        picture.set_layout_engine(Room())
        axes[0, 0].plot([0, 1], [0, 1])
        axes[0, 0].set_yticks([0.0, 1.0])
        axes[0, 0].set_ylabel("first-order share of the variance of all")
        FigureCanvasAgg(picture).draw()
        box = axes[0, 0].yaxis.label.get_window_extent()
    assert 0.0 <= box.x0 < box.x1 <= axes[0, 0].bbox.x0
    assert 0.0 <= box.y0 < box.y1 <= picture.bbox.height


def test_a_picture_without_room_is_drawn_all_the_same():
    picture, axes, _, _ = drawn(["a", "b", "c", "d"], 4, size=(1.0, 0.5))
    assert all(np.isfinite(axis.bbox.extents).all() for axis in axes)
    assert picture.axes
