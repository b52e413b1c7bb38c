import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { FittedDecisionTreeClassifier, FittedDecisionTreeRegressor } from './fitted-trees';
import type { TreeArrays } from './grow/types';

export interface ExportTextOptions {
  /** One name per feature; `feature_0`, `feature_1` … by default. */
  readonly featureNames?: readonly string[] | undefined;
  /** One name per class, in the order of `classes`; the labels by default. */
  readonly classNames?: readonly string[] | undefined;
  /** How deep to go; 10 by default. What is below is told by its depth. */
  readonly maxDepth?: number | undefined;
  /** Number of spaces between edges; 3 by default. */
  readonly spacing?: number | undefined;
  /** Digits after the point; 2 by default. */
  readonly decimals?: number | undefined;
  /** Whether to show the weights of the classes at leaves; false by default. */
  readonly showWeights?: boolean | undefined;
}

/**
 * A tree as text that people read: one line per question and answer, indented by depth.
 *
 * @param model - a fitted `DecisionTreeClassifier`, `DecisionTreeRegressor`, `ExtraTreeClassifier` or `ExtraTreeRegressor`.
 * @param options - `featureNames`, `classNames`, `maxDepth = 10`, `spacing = 3`, `decimals = 2`, `showWeights = false`.
 * @returns lines, each ended by a line break; the text that scikit-learn's `export_text` gives.
 * @throws ShapeError for another number of names than of features or classes; ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import { DecisionTreeClassifier, exportText } from 'kompakt/trees';
 * const model = await new DecisionTreeClassifier({ seed: 0 }).fit([[1], [2], [8], [9]], ['low', 'low', 'high', 'high']);
 * console.log(exportText(model, { featureNames: ['size'] }).split('\n')[0]); // → |--- size <= 5.00
 * ```
 */
export function exportText(
  model: FittedDecisionTreeClassifier | FittedDecisionTreeRegressor,
  options: ExportTextOptions = {},
): string {
  const what = 'exportText';
  checkOptions(options, ['featureNames', 'classNames', 'maxDepth', 'spacing', 'decimals', 'showWeights'], what);
  if (typeof model?.nFeatures !== 'number' || typeof model.tree !== 'object')
    throw new ConfigError(`${what}: expected a fitted decision tree, got ${shown(model)}.`);
  const { maxDepth = 10, spacing = 3, decimals = 2 } = options;
  for (const [name, value, least] of [
    ['maxDepth', maxDepth, 0],
    ['spacing', spacing, 1],
    ['decimals', decimals, 0],
  ] as const) {
    if (!Number.isInteger(value) || value < least || value > 100 * (name === 'maxDepth' ? 1e6 : 1))
      throw new ConfigError(`${what}: ${name} must be an integer ≥ ${least}, got ${shown(value)}.`);
  }
  const features = names(options.featureNames, model.nFeatures, (f) => `feature_${f}`, 'featureNames');
  const leaf = leafText(model, options, decimals);
  const edge = `|${' '.repeat(spacing)}`;
  const lines: string[] = [];
  const open: { readonly node: number; readonly depth: number; readonly question: string | null }[] = [];
  open.push({ node: 0, depth: 0, question: null });
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { node, depth, question } = at;
    const dashes = (level: number): string => `${edge.repeat(level)}|${'-'.repeat(spacing)}`;
    if (question !== null) lines.push(`${dashes(depth - 1)} ${question}`);
    const f = model.tree.feature[node]!;
    if (depth > maxDepth) {
      const below = depthBelow(model.tree, node);
      lines.push(f < 0 ? leaf(dashes(depth), node) : `${dashes(depth)} truncated branch of depth ${below}`);
    } else if (f < 0) lines.push(leaf(dashes(depth), node));
    else {
      const threshold = fixed(model.tree.threshold[node]!, decimals);
      const right = model.tree.childrenRight[node]!;
      const left = model.tree.childrenLeft[node]!;
      open.push({ node: right, depth: depth + 1, question: `${features[f]} >  ${threshold}` });
      open.push({ node: left, depth: depth + 1, question: `${features[f]} <= ${threshold}` });
    }
  }
  return `${lines.join('\n')}\n`;
}

function names(
  given: readonly string[] | undefined,
  count: number,
  otherwise: (i: number) => string,
  option: string,
): readonly string[] {
  if (given === undefined) return Array.from({ length: count }, (_, i) => otherwise(i));
  if (given.length !== count)
    throw new ShapeError(`exportText: ${option} has ${given.length} names for ${count}. Give one for each.`);
  return given;
}

type Model = FittedDecisionTreeClassifier | FittedDecisionTreeRegressor;

/** What is written at a leaf: the class, with weights if asked for, or the value. */
function leafText(model: Model, options: ExportTextOptions, decimals: number): (edge: string, node: number) => string {
  const { value } = model.tree;
  if (!('classes' in model)) return (edge, node) => `${edge} value: [${fixed(value[node]!, decimals)}]`;
  const k = model.classes.length;
  const labels = names(options.classNames, k, (c) => String(model.classes[c]), 'classNames');
  return (edge, node) => {
    const weights = Array.from(value.subarray(node * k, (node + 1) * k));
    const shown =
      options.showWeights === true ? `weights: [${weights.map((w) => fixed(w, decimals)).join(', ')}] ` : '';
    return `${edge} ${shown}class: ${labels[weights.indexOf(Math.max(...weights))]}`;
  };
}

/** Number of levels in the subtree of a node, itself counted. */
function depthBelow({ childrenLeft, childrenRight }: TreeArrays, root: number): number {
  let deepest = 0;
  const stack: [number, number][] = [[root, 1]];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const [node, depth] = at;
    deepest = Math.max(deepest, depth);
    if (childrenLeft[node]! >= 0) stack.push([childrenLeft[node]!, depth + 1], [childrenRight[node]!, depth + 1]);
  }
  return deepest;
}

/** `toFixed`, but halves go to the even digit, as in Python: midpoints of round numbers often are halves. */
function fixed(value: number, decimals: number): string {
  const scale = 10 ** decimals;
  const scaled = Math.abs(value) * scale;
  const floor = Math.floor(scaled);
  const isHalf = scaled - floor === 0.5 && scaled / scale === Math.abs(value);
  return (isHalf && floor % 2 === 0 ? (Math.sign(value) * floor) / scale : value).toFixed(decimals);
}
