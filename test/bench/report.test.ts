import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Bar, fasterThan, isMet, summarise, within } from '../../bench/bars';
import { OURS } from '../../bench/ours';
import { barsOf, formatMs, pageOf, tableOf } from '../../bench/report';
import { type PartResult, readResults, writeResults } from '../../bench/results';

const timing = (name: string, medianMs: number) => ({ name, medianMs, fastestMs: medianMs / 2, rounds: 1 });

describe('bars', () => {
  const timings = [timing(OURS, 2), timing('slow', 7), timing('quick', 3)];

  it('compare with the best of those that ran', () => {
    const [bar] = fasterThan('x', 1.6, timings, { one: OURS, others: ['slow', 'quick', 'absent'] });
    expect(bar).toEqual({ name: 'x', value: 1.5, best: 1.5, atLeast: 1.6 });
    expect(isMet(bar!)).toBe(false);
    expect(fasterThan('x', 1.6, timings, { one: OURS, others: ['absent'] })).toEqual([]);
    expect(fasterThan('x', 1.6, timings, { one: 'absent', others: ['quick'] })).toEqual([]);
  });

  it('say what the best rounds come to, which decides nothing', () => {
    const disturbed = [{ ...timing(OURS, 4), fastestMs: 1 }, timing('peer', 6)];
    const [bar] = fasterThan('x', 2, disturbed, { one: OURS, others: ['peer'] });
    expect(bar).toMatchObject({ value: 1.5, best: 3 });
    const [all] = summarise([bar!]);
    expect([all!.mean, all!.met]).toEqual([expect.closeTo(1.5), false]);
    expect(all!.meanOfBest).toBeCloseTo(3);
  });

  it('bound how many times another’s time may be taken', () => {
    const [bar] = within('x', 1.5, timings, { one: 'quick', other: OURS });
    expect(bar).toEqual({ name: 'x', value: 1.5, best: 1.5, atMost: 1.5 });
    expect(isMet(bar!)).toBe(true);
    expect(within('x', 1.5, timings, { one: 'quick', other: 'absent' })).toEqual([]);
  });

  it('are met by every row, or where so agreed by the geometric mean', () => {
    const bars: Bar[] = [
      { name: 'each', value: 4, atLeast: 2 },
      { name: 'each', value: 1, atLeast: 2 },
      { name: 'mean', value: 4, atMost: 2, mean: true },
      { name: 'mean', value: 0.5, atMost: 2, mean: true },
    ];
    expect(summarise(bars)).toMatchObject([
      { name: 'each', bound: '≥ 2.00', rows: 2, rowsMet: 1, worst: 1, met: false },
      { name: 'mean', bound: '≤ 2.00', rows: 2, rowsMet: 1, worst: 4, met: true },
    ]);
    expect(summarise(bars)[1]!.mean).toBeCloseTo(Math.sqrt(2));
    expect(barsOf(bars)).toMatch(/\| each .* 1 of 2 .* no +\|/);
  });

  it('are apart where rows of one name have different bounds', () => {
    const bars: Bar[] = [
      { name: 'time', value: 0.6, atMost: 0.7 },
      { name: 'time', value: 0.9, atMost: 1 },
      { name: 'time', value: 0.8, atMost: 0.7 },
    ];
    expect(summarise(bars)).toMatchObject([
      { name: 'time', bound: '≤ 0.70', rows: 2, rowsMet: 1, worst: 0.8, met: false },
      { name: 'time', bound: '≤ 1.00', rows: 1, rowsMet: 1, worst: 0.9, met: true },
    ]);
  });
});

describe('the report', () => {
  const rows = [
    {
      work: 'quick',
      timings: [timing(OURS, 2), timing('peer', 5)],
      bars: [{ name: 'speed', value: 2.5, atLeast: 2 }],
    },
    {
      work: 'slow',
      flop: 4e9,
      timings: [timing(OURS, 200), timing('peer', 100)],
      bars: [{ name: 'speed', value: 0.5, atLeast: 2 }],
      note: 'as expected',
    },
  ];

  it('has a column for every contender and every bar', () => {
    const [header, , quick, slow, , note] = tableOf(rows)
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' '));
    expect(header).toBe(`| work | GFLOP/s | ${OURS} | peer | speed |`);
    expect(quick).toBe('| quick | | 2.00 ms (1.00 ms) | 5.00 ms (2.50 ms) | 2.50 ✓ |');
    expect(slow).toBe('| slow | 20.0 | 200 ms (100 ms) | 100 ms (50.0 ms) | 0.50 ✗ ≥ 2.00 |');
    expect(note).toBe('slow: as expected');
  });

  it('shows the bound in every cell of a bar whose rows have several', () => {
    const own = (atLeast: number) => ({ work: 'x', timings: [], bars: [{ name: 'speed', value: 2.5, atLeast }] });
    const [, , first, second] = tableOf([own(2), own(1)]).split('\n');
    expect([first, second]).toEqual(['| x    | 2.50 ✓ ≥ 2.00 |', '| x    | 2.50 ✓ ≥ 1.00 |']);
  });

  it('writes times with three digits', () => {
    expect([0.0012345, 0.5, 12.345, 123.45, 2345].map(formatMs)).toEqual([
      '1.23 µs',
      '500 µs',
      '12.3 ms',
      '123 ms',
      '2.35 s',
    ]);
  });

  const part = (node: string): PartResult => ({
    title: 'Some work',
    about: 'What it is.',
    command: 'npm run bench -- some',
    when: '2026-01-01',
    machine: 'a machine',
    versions: { Node: node, peer: '1.0.0' },
    loadBefore: 0.1,
    seconds: 12,
    rows,
  });

  it('shows every version of Node, in order, and whether each bar is met', () => {
    const page = pageOf({ 24: { some: part('24.1.0') }, 20: { some: part('20.2.0') } });
    expect(page.match(/## Some work\n/g)).toHaveLength(1);
    expect(page.indexOf('### Some work: Node 20')).toBeGreaterThan(page.indexOf('What it is.'));
    expect(page.indexOf('### Some work: Node 24')).toBeGreaterThan(page.indexOf('### Some work: Node 20'));
    expect(page.match(/On Node \d+:/g)).toEqual(['On Node 20:', 'On Node 24:']);
    expect(page).toContain('peer 1.0.0; load average before 0.1');
  });

  it('is kept in a file, with four digits', () => {
    const path = join(tmpdir(), `kompakt-results-${process.pid}.json`);
    expect(readResults(path)).toEqual({});
    writeResults(path, { 20: { some: { ...part('20.2.0'), loadBefore: 1.23456789 } } });
    expect(readResults(path)['20']!.some!.loadBefore).toBe(1.235);
    expect(JSON.parse(readFileSync(path, 'utf8'))['20'].some.seconds).toBe(12);
    writeFileSync(path, '{');
    expect(() => readResults(path)).toThrow(SyntaxError);
  });
});
