// Breathing pad
// music

setcpm(12)

pad: note("<[e3,b3,d4,fs4] [c3,g3,b3,e4] [a2,e3,g3,c4] [b2,fs3,a3,d4]>")
  .s("supersaw").detune(.3).attack(1.2).release(2)
  .lpf(perlin.range(400, 2400).slow(2)).gain(.28).room(.8).size(8)

dust: s("click*16?").gain(rand.range(.05, .2)).pan(rand).delay(.3)
