// Dub room
// music

setcpm(17.5)

$: s("bd ~ ~ ~ ~ ~ bd ~, ~ ~ ~ ~ rim ~ ~ ~").gain(.9)

$: note("<a2 a2 f2 g2>(3,8)").s("sine").decay(.4).lpf(300).gain(.9)

stabs: note("~ [a3,c4,e4] ~ <~ [a3,c4,e4]>")
  .s("square").decay(.12).sustain(0).hpf(300).gain(.3)
  .delay(.8).delaytime("0.375").delayfeedback(.7).room(.7).size(6)
