import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/**
 * Of each example: what its last line says, and the least (or most) that the short form must reach. Of long trainings the
 * short form shows that they run, no more: then any number will do.
 */
const PROMISED: Readonly<Record<string, readonly [line: RegExp, least: number, most?: number]>> = {
  'chinese-sentiment': [/^sentiment accuracy ([\d.]+)$/m, 0.7],
  distillation: [/^distilled accuracy ([\d.]+)$/m, 0.05],
  'english-sentiment': [/^sentiment accuracy ([\d.]+)$/m, 0.7],
  'fashion-cnn': [/^test accuracy ([\d.]+)$/m, 0.05],
  'fraud-scoring': [/^cost per payment, by score ([\d.]+)$/m, 0.3, 1.6],
  'image-generation': [/^digits read as asked ([\d.]+)$/m, 0.2],
  'intent-recognition': [/^intent F1 ([\d.]+)$/m, 0.95],
  'keras-transfer': [/^test accuracy ([\d.]+)$/m, 0.8],
  'logistic-regression': [/^chosen by cross-validation: test accuracy ([\d.]+)$/m, 0.93],
  'mnist-dense': [/^test accuracy ([\d.]+)$/m, 0.85],
  'online-learning': [/^accuracy at the end, learning on ([\d.]+)$/m, 0.9],
  'object-detection': [/^mean overlap ([\d.]+)$/m, 0.1],
  'reinforcement-learning': [/^mean steps ([\d.]+)$/m, 25],
  segmentation: [/^mean overlap ([\d.]+)$/m, 0],
  'smote-forest': [/^SMOTE recall ([\d.]+)$/m, 0.65],
  translation: [/^translation chrF ([\d.]+)$/m, 0],
  'time-series': [/^sound accuracy ([\d.]+)$/m, 0.3],
};

const FOLDER = 'docs/examples';
const examples = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts') && file !== 'support.ts')
  .map((file) => file.slice(0, -3));

function run(name: string): Promise<{ code: number; out: string; errors: string }> {
  return new Promise((done) => {
    execFile(process.execPath, ['scripts/run-ts.mjs', `${FOLDER}/${name}.ts`, '--short'], (error, out, errors) => {
      done({ code: error === null ? 0 : Number(error.code ?? 1), out, errors });
    });
  });
}

describe('examples run as they stand', () => {
  it('are listed in their README, and each promises something', () => {
    const readme = readFileSync(`${FOLDER}/README.md`, 'utf8');
    expect(examples.filter((name) => !readme.includes(`${name}.ts`))).toEqual([]);
    expect(Object.keys(PROMISED).sort()).toEqual([...examples].sort());
  });

  it.for(examples)('%s', { timeout: 120_000 }, async (name, { skip }) => {
    const { code, out, errors } = await run(name);
    if (code === 3) {
      process.stderr.write(`example ${name} is left out: ${errors}`);
      skip(errors);
    }
    expect(errors).toBe('');
    expect(code).toBe(0);
    const [line, least, most = Number.POSITIVE_INFINITY] = PROMISED[name]!;
    const found = Number(line.exec(out)?.[1] ?? Number.NaN);
    expect(found).toBeGreaterThanOrEqual(least);
    expect(found).toBeLessThanOrEqual(most);
  });
});
