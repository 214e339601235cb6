// Cells
// light

voronoi([6, 9, 14].smooth(), .4, .6)
  .color(.3, .7, 1)
  .modulateScale(osc(4, .1).rotate(1.5), .4)
  .diff(voronoi(3, .2, .9).invert().color(1, .3, .5))
  .brightness(-.1)
  .out(o0)
