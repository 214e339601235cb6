// In step
// music and light

setcpm(27)

bass: note("<c2 c2 eb2 f2>(3,8)").s("square").lpf(500).decay(.3).gain(.5)
drums: s("bd [~ hh] sd [hh oh]").bank("ember")

// texts in double quotes are patterns in light, too: on the beat, in the same cycles
osc("<8 16 24 60>", .05, "<0 .5 1 1.5>")
  .rotate("0 .4 .8 1.2")
  .kaleid("<2 3 5 8>")
  .out(o0)
