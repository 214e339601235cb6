// A kick and its ring
// music and light

setcpm(31)

$: s("bd*4").duck(2)
$: s("[~ hh]*4").gain(.5)
$: n("0 3 <5 7> 2").scale("C3:minor").s("sawtooth").lpf(900).decay(.2).sustain(.1).gain(.4).orbit(2)

// the ring opens with the bass and closes between
shape(80, () => .15 + a.fft[0] * .4, .03)
  .color(1, .6, .3)
  .add(src(o0).scale(1.03).hue(.01), .9)
  .out(o0)
