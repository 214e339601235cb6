// Stripes
// light

osc(18, .08, 1.2)
  .rotate(() => time * .1)
  .kaleid(5)
  .color(.9, .4, .8)
  .out(o0)
