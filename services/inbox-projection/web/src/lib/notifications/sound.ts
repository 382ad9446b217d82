/** Two short soft tones, made here. */

const TONES = [
  { hertz: 660, at: 0 },
  { hertz: 880, at: 0.12 },
];
const SECONDS = 0.35;
const LOUDNESS = 0.12;
let context: AudioContext | null = null;

/** Plays them where the browser lets a page make sounds: after somebody has clicked in it. Gives whether it does. */
export async function chime(): Promise<boolean> {
  context ??= new AudioContext();
  // Not allowed yet, the promise waits for a click: what was to be heard then is old.
  if (context.state === 'suspended')
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 300))]);
  if (context.state !== 'running') return false;
  for (const { hertz, at } of TONES) {
    const begin = context.currentTime + at;
    const tone = new OscillatorNode(context, { type: 'sine', frequency: hertz });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.02);
    volume.gain.setValueAtTime(LOUDNESS, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + SECONDS);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + SECONDS);
  }
  return true;
}
