import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { distillationLoss } from '../../src/compress/distillation-loss';
import { tensor } from '../../src/ops/create';
import { fakeQuantize } from '../../src/ops/fake-quantize';
import { mul, sum } from '../../src/ops/index';

const softmax = (z: number[], t = 1): number[] => {
  const e = z.map((v) => Math.exp(v / t));
  const total = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / total);
};

const student = [
  [1, -0.5, 0.3],
  [0.2, 0.1, -2],
];
const teacher = [
  [2, 0, -1],
  [-1, 3, 0.5],
];

/** α·T²·KL + (1 − α)·CE by hand. */
function byHand(t: number, alpha: number, labels: number[]): number {
  const rows = student.map((s, i) => {
    const p = softmax(teacher[i]!, t);
    const q = softmax(s, t);
    const kl = p.reduce((sum, pc, c) => sum + pc * Math.log(pc / q[c]!), 0);
    return alpha * t * t * kl - (1 - alpha) * Math.log(softmax(s)[labels[i]!]!);
  });
  return rows.reduce((a, b) => a + b, 0) / rows.length;
}

const f64 = (x: number[][]) => tensor(x, { dtype: 'float64' });

describe('distillationLoss', () => {
  it.each([
    [1, 0.5],
    [4, 0.9],
    [2, 0],
  ])('is Hinton’s at T = %f, α = %f', (temperature, alpha) => {
    const loss = distillationLoss(f64(student), f64(teacher), { temperature, alpha, labels: [0, 2] });
    expect(loss.item()).toBeCloseTo(byHand(temperature, alpha, [0, 2]), 10);
  });

  it('takes one-hot labels, and none', () => {
    const options = { temperature: 3, alpha: 0.25 };
    const onehot = distillationLoss(f64(student), f64(teacher), {
      ...options,
      labels: [
        [1, 0, 0],
        [0, 0, 1],
      ],
    });
    expect(onehot.item()).toBeCloseTo(byHand(3, 0.25, [0, 2]), 10);
    expect(distillationLoss(f64(student), f64(teacher), { temperature: 3 }).item()).toBeCloseTo(
      byHand(3, 1, [0, 0]),
      10,
    );
  });

  it('has the gradient T·(q_s − q_t)/N', () => {
    const t = 2.5;
    const g = grad((s: ReturnType<typeof tensor>) => distillationLoss(s, f64(teacher), { temperature: t, alpha: 1 }))(
      f64(student),
    );
    const rows = g.toArraySync() as number[][];
    rows.forEach((row, i) => {
      const q = softmax(student[i]!, t);
      const p = softmax(teacher[i]!, t);
      row.forEach((v, c) => expect(v).toBeCloseTo((t * (q[c]! - p[c]!)) / 2, 10));
    });
  });

  it('says what is wrong', () => {
    expect(() => distillationLoss(f64(student), f64(teacher), { temperature: 0 })).toThrow(
      /temperature must be a positive/,
    );
    expect(() => distillationLoss(f64(student), f64(teacher), { alpha: 2 })).toThrow(/alpha must be in/);
    expect(() => distillationLoss(f64(student), f64([[1, 2]]))).toThrow(/\[2, 3\] and \[1, 2\]/);
    expect(() => distillationLoss(f64(student), f64(teacher), { labels: [[1, 0]] })).toThrow(/labels must be/);
  });
});

describe('fakeQuantize', () => {
  it('rounds to the grid, halves to even, and clamps', () => {
    const y = fakeQuantize(tensor([0.1, 0.125, 0.375, -40, 40]), { scale: 0.25, zeroPoint: 3 });
    expect(y.toArraySync()).toEqual([0, 0, 0.5, -32.75, 31]);
  });

  it('has one scale per position of an axis', () => {
    const x = tensor([
      [0.4, 0.4],
      [0.6, 0.6],
    ]);
    expect(fakeQuantize(x, { scale: [1, 0.5], axis: 1 }).toArraySync()).toEqual([
      [0, 0.5],
      [1, 0.5],
    ]);
    expect(fakeQuantize(x, { scale: [1, 0.5], axis: 0 }).toArraySync()).toEqual([
      [0, 0],
      [0.5, 0.5],
    ]);
  });

  it('passes gradients straight through inside, none outside', () => {
    const f = (x: ReturnType<typeof tensor>) => sum(mul(fakeQuantize(x, { scale: 0.1 }), tensor([1, 2, 3])));
    expect(grad(f)(tensor([0.33, 12.7, 13])).toArraySync()).toEqual([1, 2, 0]);
  });

  it('refuses scales that fit nothing', () => {
    expect(() => fakeQuantize([1], { scale: 0 })).toThrow(/positive/);
    expect(() => fakeQuantize([1, 2], { scale: [1, 2] })).toThrow(/axis/);
    expect(() => fakeQuantize([1, 2], { scale: [1, 2, 3], axis: 0 })).toThrow(/2 positions/);
  });
});
