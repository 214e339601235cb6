// Follow the pointer
// light

gradient(.2)
  .mult(shape(64, .25, .2)
    .scroll(() => .5 - mouse.x / width, () => .5 - mouse.y / height))
  .add(src(o0).scale(1.01), .93)
  .out(o0)
