// Your own functions
// music

setcpm(29)

const root = 'A'
const scales = ['minor', 'dorian', 'phrygian']
const steps = Array.from({ length: 8 }, (_, i) => (i * 3) % 7)

register('shimmer', (amount, pat) => pat.superimpose(x => x.add(note(.1 * amount)).pan(.8)))

tune: n(`${steps.join(' ')}`).scale(`${root}3:${scales[1]}`)
  .s("sawtooth").lpf(1400).decay(.2).sustain(.1).gain(.3)
  .shimmer(1)

beat: s(`${steps.map(x => x > 3 ? 'hh' : 'bd').join(' ')}`).gain(.7)
