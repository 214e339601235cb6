// Minor thoughts
// music

setcpm(24)

chords: note("<[c3,eb3,g3,bb3] [ab2,c3,eb3,g3] [f2,ab2,c3,eb3] [g2,b2,d3,f3]>")
  .s("triangle").attack(.3).release(.8).gain(.4).room(.6).size(4)

lead: n("0 [2 4] <3 5 7> [~ 1]").scale("C4:minor")
  .s("sine").fmi(2).fmh(2).decay(.3).sustain(.1)
  .delay(.5).delaytime(.375).delayfeedback(.5).gain(.5)
