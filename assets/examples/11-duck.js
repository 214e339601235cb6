// Duck for the kick
// music

setcpm(31)

kick: s("bd*4").gain(.7).duck(2).duckdepth(.9).duckattack(.25)

chords: note("<[f3,ab3,c4,eb4] [db3,f3,ab3,c4]>").s("supersaw")
  .orbit(2).attack(.02).release(.3).lpf(2400).gain(.26).room(.4)

hats: s("[~ hh]*4").gain(.38)
