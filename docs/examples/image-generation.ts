// Pictures out of noise: a small diffusion model on digits of 8×8 pixels (Ho et al. 2020). A network learns to see the noise in a
// picture; taken away step by step, a digit is left.
import { rng } from 'kompakt';
import { digits } from 'kompakt/data';
import { KNeighborsClassifier } from 'kompakt/neighbors';
import { dense, sequential } from 'kompakt/nn';
import { choose, say } from './support';

const STEPS = 60;
const PIXELS = 64;
const CLASSES = 10;
const TIME = 16;
const random = rng(21);

/** How much of the picture is left after each step: ᾱ falls as a cosine (Nichol and Dhariwal 2021). */
const kept = Float64Array.from(
  { length: STEPS + 1 },
  (_, t) => Math.cos(((t / STEPS + 0.008) / 1.008) * (Math.PI / 2)) ** 2,
);
const { X, y } = digits();
const images = Float32Array.from(X.data, (v) => v / 8 - 1);

/** What the network sees: the noisy picture, when it is, and which digit it is to be. */
function features(picture: ArrayLike<number>, step: number, digit: number, into: Float32Array, at: number): void {
  into.set(picture as Float32Array, at);
  for (let k = 0; k < TIME / 2; k++) {
    const angle = step / STEPS / 10 ** (-k / 2.5);
    into[at + PIXELS + 2 * k] = Math.sin(angle);
    into[at + PIXELS + 2 * k + 1] = Math.cos(angle);
  }
  into[at + PIXELS + TIME + digit] = 1;
}

const WIDTH = PIXELS + TIME + CLASSES;
const layer = () => dense({ units: 256, activation: 'silu' });
const model = sequential([layer(), layer(), layer(), dense({ units: PIXELS })], { inputShape: [WIDTH], seed: 4 });
model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });

/** Endless batches of pictures with noise, and the noise. */
function* batches(size: number, count: number) {
  for (let n = 0; n < count; n++) {
    const x = new Float32Array(size * WIDTH);
    const noise = Float32Array.from({ length: size * PIXELS }, () => random.gaussian());
    for (let i = 0; i < size; i++) {
      const [image, step] = [random.integer(y.length), 1 + random.integer(STEPS)];
      const [a, b] = [Math.sqrt(kept[step]!), Math.sqrt(1 - kept[step]!)];
      const noisy = Float32Array.from(
        { length: PIXELS },
        (_, p) => a * images[image * PIXELS + p]! + b * noise[i * PIXELS + p]!,
      );
      features(noisy, step, y[image] as number, x, i * WIDTH);
    }
    yield [
      { data: x, shape: [size, WIDTH] },
      { data: noise, shape: [size, PIXELS] },
    ] as const;
  }
}
const { history } = await model.fit(() => batches(128, choose(600, 60)), undefined, {
  epochs: choose(20, 2),
  verbose: 0,
});
say(`error of the noise: ${history.loss[0]!.toFixed(3)} at first, ${history.loss.at(-1)!.toFixed(3)} at last`);

/** One picture for each of the digits asked for. */
async function draw(wanted: readonly number[]): Promise<Float32Array> {
  const n = wanted.length;
  const picture = Float32Array.from({ length: n * PIXELS }, () => random.gaussian());
  for (let step = STEPS; step >= 1; step--) {
    const x = new Float32Array(n * WIDTH);
    wanted.forEach((digit, i) => features(picture.subarray(i * PIXELS, (i + 1) * PIXELS), step, digit, x, i * WIDTH));
    const noise = await model.predict({ data: x, shape: [n, WIDTH] }, { batchSize: n }).data();
    const [now, before] = [kept[step]!, kept[step - 1]!];
    const alpha = now / before;
    const spread = step === 1 ? 0 : Math.sqrt(((1 - before) / (1 - now)) * (1 - alpha));
    for (let i = 0; i < picture.length; i++) {
      const clean = Math.min(1, Math.max(-1, (picture[i]! - Math.sqrt(1 - now) * noise[i]!) / Math.sqrt(now)));
      const mean =
        (Math.sqrt(before) * (1 - alpha) * clean + Math.sqrt(alpha) * (1 - before) * picture[i]!) / (1 - now);
      picture[i] = mean + spread * random.gaussian();
    }
  }
  return picture;
}

const shown = await draw([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
for (let row = 0; row < 8; row++) {
  const line = (d: number): string =>
    Array.from(
      shown.subarray(d * PIXELS + row * 8, d * PIXELS + row * 8 + 8),
      (v) => ' .:+#'[Math.max(0, Math.min(4, Math.floor((v + 1) * 2.5)))],
    ).join('');
  say(Array.from({ length: 10 }, (_, d) => line(d)).join(' '));
}
// Does another model, which knows real digits only, read what was asked for?
const wanted = Array.from({ length: choose(200, 40) }, (_, i) => i % CLASSES);
const drawn = await draw(wanted);
const reader = await new KNeighborsClassifier({ nNeighbors: 3 }).fit({ data: images, shape: [y.length, PIXELS] }, y);
const read = reader.predict({ data: drawn, shape: [wanted.length, PIXELS] });
say(`digits read as asked ${(wanted.filter((w, i) => read[i] === w).length / wanted.length).toFixed(4)}`);
