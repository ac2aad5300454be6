"""What does one setting do? Some models at several values of one setting, with seeds: plan, measure, say. Free of torch."""

from explainers.sweep.answer import answers, details
from explainers.sweep.grid import Cell, Grid, grid, value_of, with_value
from explainers.sweep.measure import PARTS, Point, Response, measure

__all__ = ["PARTS", "Cell", "Grid", "Point", "Response", "answers", "details", "grid", "measure", "value_of", "with_value"]
