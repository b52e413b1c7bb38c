import { describe, expect, it } from 'vitest';
import { chartOf } from '../../bench/chart';
import { growthCharts } from '../../bench/growth';
import type { PartResult, Row } from '../../bench/results';

const panel = (series: { name: string; points: [number, number][] }[]) => ({ title: 'a < b', xLabel: 'n', series });
const options = { yLabel: 'time', formatY: (v: number) => `${v} ms` };

describe('charts', () => {
  it('have logarithmic axes over whole powers of ten', () => {
    const svg = chartOf(
      [
        panel([
          {
            name: 'one',
            points: [
              [1, 2],
              [10, 20],
              [100, 200],
            ],
          },
        ]),
      ],
      options,
    );
    expect([...svg.matchAll(/>(\d+) ms</g)].map((m) => m[1])).toEqual(['1', '10', '100', '1000']);
    // Steps by the same factor are steps by the same distance.
    const dots = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map((m) => [Number(m[1]), Number(m[2])] as const);
    const [a, b, c] = dots;
    expect([a![0], b![0], c![0]]).toEqual([0, 150, 300]);
    expect(a![1] - b![1]).toBeCloseTo(b![1] - c![1], 0);
    expect(a![1]).toBeGreaterThan(b![1]);
    expect(svg).toContain('a &lt; b');
  });

  it('give a series its colour in every panel, and one entry of the legend', () => {
    const one = { name: 'one', points: [[1, 1]] as [number, number][] };
    const two = { name: 'two', points: [[1, 5]] as [number, number][] };
    const svg = chartOf([panel([one, two]), panel([two])], options);
    expect(svg.match(/>two</g)).toHaveLength(1);
    const colours = [...svg.matchAll(/<circle[^>]*fill="(#\w+)"/g)].map((m) => m[1]);
    // Three points and two entries of the legend.
    expect(colours).toHaveLength(5);
    expect(colours[1]).toBe(colours[2]);
    expect(colours[0]).not.toBe(colours[1]);
  });

  it('show every engine that has results', () => {
    const timings = ['kompakt, 1', 'kompakt, 2'].map((name) => ({ name, medianMs: 3, fastestMs: 2, rounds: 1 }));
    const row: Row = { work: 'x', timings, scale: { panel: 'some work', size: 8, bytes: 2e6 } };
    const part = { rows: [row, { work: 'y', timings }] } as unknown as PartResult;
    expect(growthCharts({ 20: {}, 24: {} })).toBeUndefined();
    const charts = growthCharts({ 20: { scaling: part }, 24: { scaling: part }, 26: {} })!;
    for (const name of ['Node 20, 1 thread<', 'Node 20, 2 threads<', 'Node 24, 2 threads<']) {
      expect(charts.time).toContain(name);
    }
    expect(charts.time).not.toContain('Node 26');
    expect([...charts.memory.matchAll(/>(\d+ MB)</g)].map((m) => m[1])).toEqual(['1 MB', '10 MB']);
  });
});
