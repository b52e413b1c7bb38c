// Policy gradients: a pole on a cart is kept upright by pushing left or right. The network is a function; its gradient is taken
// of the log-probabilities of what was done, times how well it went (REINFORCE).
import {
  add,
  compile,
  logSoftmax,
  matmul,
  mean,
  mul,
  neg,
  oneHot,
  relu,
  rng,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from 'kompakt';
import { adam, applyUpdates } from 'kompakt/optim';
import { choose, say } from './support';

const random = rng(11);

/** The cart and pole of Barto, Sutton and Anderson (1983): position, speed, angle, turning speed. */
class CartPole {
  state: number[] = [];
  reset(): number[] {
    this.state = Array.from({ length: 4 }, () => 0.1 * random.random() - 0.05);
    return this.state;
  }
  /** Pushes for 20 ms; tells whether the pole still stands. */
  step(right: boolean): boolean {
    const [x, v, angle, turn] = this.state as [number, number, number, number];
    const [force, sin, cos] = [right ? 10 : -10, Math.sin(angle), Math.cos(angle)];
    const pushed = (force + 0.05 * turn ** 2 * sin) / 1.1;
    const turning = (9.8 * sin - cos * pushed) / (0.5 * (4 / 3 - (0.1 * cos ** 2) / 1.1));
    const speeding = pushed - (0.05 * turning * cos) / 1.1;
    this.state = [x + 0.02 * v, v + 0.02 * speeding, angle + 0.02 * turn, turn + 0.02 * turning];
    return Math.abs(this.state[0]!) < 2.4 && Math.abs(this.state[2]!) < 0.2095;
  }
}

type Params = { w1: Tensor; b1: Tensor; w2: Tensor; b2: Tensor };
let params: Params = {
  w1: random.normal([4, 32], { std: 0.5 }),
  b1: tensor(new Float32Array(32)),
  w2: random.normal([32, 2], { std: 0.18 }),
  b2: tensor(new Float32Array(2)),
};
const logits = ({ w1, b1, w2, b2 }: Params, x: Tensor): Tensor => add(matmul(relu(add(matmul(x, w1), b1)), w2), b2);
const optimizer = adam({ learningRate: 0.01 });
let state = optimizer.init(params);

const ROWS = 2_048;
const update = compile((args: { params: Params; state: typeof state; x: Tensor; actions: Tensor; worth: Tensor }) => {
  const [, gradients] = valueAndGrad((p: Params) => {
    const chosen = sum(mul(logSoftmax(logits(p, args.x)), oneHot(args.actions, 2)), { axis: 1 });
    return neg(mean(mul(chosen, args.worth)));
  })(args.params);
  const [updates, next] = optimizer.update(gradients, args.state, args.params);
  return { params: applyUpdates(args.params, updates), state: next };
});

/** The probability of pushing right, computed here: one sample at a time is no work for tensors. */
function policy({ w1, b1, w2, b2 }: Record<keyof Params, Float32Array>, x: readonly number[]): number {
  let difference = b2[1]! - b2[0]!;
  for (let j = 0; j < 32; j++) {
    let h = b1[j]!;
    for (let i = 0; i < 4; i++) h += x[i]! * w1[i * 32 + j]!;
    if (h > 0) difference += h * (w2[2 * j + 1]! - w2[2 * j]!);
  }
  return 1 / (1 + Math.exp(-difference));
}

const cart = new CartPole();
let average = 0;
for (let round = 1; round <= choose(60, 12); round++) {
  const weights = Object.fromEntries(
    await Promise.all(Object.entries(params).map(async ([name, t]) => [name, await t.data()])),
  ) as Record<keyof Params, Float32Array>;
  const [x, actions, worth, lengths] = [
    new Float32Array(ROWS * 4),
    new Int32Array(ROWS),
    new Float32Array(ROWS),
    [] as number[],
  ];
  for (let row = 0; row < ROWS; ) {
    const begin = row;
    let seen = cart.reset();
    for (let stands = true; stands && row < ROWS && row - begin < 500; row++) {
      x.set(seen, row * 4);
      actions[row] = random.random() < policy(weights, seen) ? 1 : 0;
      stands = cart.step(actions[row] === 1);
      seen = cart.state;
    }
    lengths.push(row - begin);
    for (let t = row - 1, left = 0; t >= begin; t--) worth[t] = left = 1 + 0.99 * left;
  }
  const middle = worth.reduce((a, b) => a + b, 0) / ROWS;
  const spread = Math.sqrt(worth.reduce((a, b) => a + (b - middle) ** 2, 0) / ROWS);
  for (let i = 0; i < ROWS; i++) worth[i] = (worth[i]! - middle) / spread;
  const next = scope(() =>
    update({ params, state, x: tensor(x, { shape: [ROWS, 4] }), actions: tensor(actions), worth: tensor(worth) }),
  );
  ({ params, state } = next);
  average = lengths.reduce((a, b) => a + b, 0) / lengths.length;
  if (round % choose(10, 4) === 0) say(`round ${round}: the pole stands for ${average.toFixed(0)} steps`);
}
say(`mean steps ${average.toFixed(1)}`);
