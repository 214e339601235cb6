// Words to the picture
// music and light

setcpm(29)

// a cue sets a parameter of the scene on stage, beat by beat: here the two of the chain below
$: cue('glow', "1 .2 .6 .2")
$: cue('turn', "<0 .4 .8 1.2>")

$: s("bd ~ [~ bd] ~, hh*8").gain(.8)
$: note("<a2 e2 f2 g2>").s("supersaw").attack(.1).release(.5).lpf(1200).gain(.4).room(.5)

// params are faders, too: a hand in the inspector moves them between cues
noise(3, .1)
  .color(param('glow', .2), .5, .9)
  .rotate(param('turn', 0, 0, 6.3))
  .add(src(o0).scale(1.02), .8)
  .out(o0)
