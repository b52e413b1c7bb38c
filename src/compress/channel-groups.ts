import { ConfigError } from '../core/errors';
import { firstValues, type Network } from '../nn/graph/network';
import type { Layer } from '../nn/layer';
import {
  CHANNEL_COUNT,
  flattened,
  pick,
  TRANSPARENT,
  withDepthwiseInputs,
  withInputs,
  withOutputs,
  ZERO_PRESERVING,
} from './channels';
import type { Stage } from './pass';

/** Where channels lie in a value: the positions of those kept, along its last axis. */
type Place = (kept: Int32Array) => Int32Array;

/** Channels that are kept or removed together, as they meet in sums. */
export interface ChannelGroup {
  /** Of the first layer that makes them. */
  readonly name: string;
  /** Of all layers that make them. */
  readonly names: readonly string[];
  /** Positions of the layers that make them. */
  readonly producers: readonly number[];
  /** Layers to be fitted to what is kept. */
  readonly takers: readonly { readonly at: number; readonly place: Place }[];
  /** Whether the model puts them out. */
  readonly isOutput: boolean;
  /** What stands in the way of removing some; null: nothing. */
  readonly obstacle: string | null;
}

interface Growing {
  readonly channels: number;
  producers: number[];
  takers: { at: number; place: Place }[];
  isOutput: boolean;
  obstacle: string | null;
  /** What it became part of. */
  into: Growing | null;
}

/** A value whose channels belong to a group. */
interface Lane {
  readonly group: Growing;
  readonly place: Place;
}

const MERGES = new Set(['add', 'subtract', 'average', 'maximum', 'minimum', 'multiply']);
const asIs: Place = (kept) => kept;

/** The groups of channels of a graph, in the order of the layers that make them. */
export function channelGroups(network: Network, stages: readonly Stage[]): ChannelGroup[] {
  const groups = new Set<Growing>();
  const lanes: (Lane | null)[] = network.inputs.map(() => null);
  const first = firstValues(network);
  const uses = (layer: number): number => network.calls.filter((call) => call.layer === layer).length;
  network.calls.forEach((call, c) => {
    const inputs = call.inputs.map((v) => lanes[v] ?? null);
    const stage = stages[call.layer]!;
    const made =
      uses(call.layer) > 1 ? blocked(stage, inputs, 'is used more than once') : laneBehind(stage, call.layer, inputs);
    for (let k = 0; k < call.outputs; k++) lanes[first[c]! + k] = k === 0 ? made : null;
    if (made !== null) groups.add(root(made.group));
  });
  for (const { value } of network.outputs) {
    const lane = lanes[value];
    if (lane) root(lane.group).isOutput = true;
  }
  const roots = [...new Set([...groups].map(root))].filter((g) => g.producers.length > 0);
  return roots.map(({ producers, takers, isOutput, obstacle }) => {
    const names = producers.map((at) => stages[at]!.name);
    return { name: names[0]!, names, producers, takers, isOutput, obstacle };
  });
}

const root = (group: Growing): Growing => (group.into === null ? group : root(group.into));

/** Notes why the channels of these values must stay; nothing is known of what comes out. */
function blocked({ name, layer }: Stage, inputs: readonly (Lane | null)[], why: string): null {
  for (const lane of inputs) if (lane !== null) root(lane.group).obstacle ??= `'${name}' (${layer.kind}) ${why}`;
  return null;
}

/** The channels of what a layer makes. */
function laneBehind(stage: Stage, at: number, inputs: readonly (Lane | null)[]): Lane | null {
  const { layer } = stage;
  const { kind } = layer;
  const [lane] = inputs as [Lane | null];
  if (Object.hasOwn(CHANNEL_COUNT, kind)) {
    const { groups = 1 } = layer.config as { groups?: number };
    if (groups !== 1) return blocked(stage, inputs, 'is a grouped convolution');
    taken(lane, at);
    const obstacle = keepsZero(layer)
      ? null
      : `its activation '${activationOf(layer)}' turns zeros into something else`;
    const channels = stage.params.kernel!.shape.at(-1)!;
    return { group: { channels, producers: [at], takers: [], isOutput: false, obstacle, into: null }, place: asIs };
  }
  if (MERGES.has(kind)) return merged(stage, inputs);
  if (lane === null) return null;
  if (kind === 'flatten') return { group: lane.group, place: (kept) => flattened(stage, lane.place(kept)) };
  if (kind === 'batchNorm') {
    const { axis = -1 } = layer.config as { axis?: number };
    if (axis !== -1 && axis !== stage.input.length) return blocked(stage, inputs, 'is along another axis');
    return taken(lane, at);
  }
  if (kind === 'depthwiseConv2d' && keepsZero(layer)) {
    taken(lane, at);
    return { group: lane.group, place: (kept) => multiplied(stage, lane.place(kept)) };
  }
  if (isTransparent(layer)) return lane;
  return blocked(stage, inputs, keepsZero(layer) ? 'behind it can’t be resized' : 'turns zeros into something else');
}

function taken(lane: Lane | null, at: number): Lane | null {
  if (lane !== null) root(lane.group).takers.push({ at, place: lane.place });
  return lane;
}

/** What a depthwise convolution makes of channels. */
function multiplied({ layer }: Stage, kept: Int32Array): Int32Array {
  const { depthMultiplier: n } = layer.config as { depthMultiplier: number };
  return Int32Array.from({ length: kept.length * n }, (_, i) => kept[Math.floor(i / n)]! * n + (i % n));
}

/** Channels that meet are one group from here on. */
function merged(stage: Stage, inputs: readonly (Lane | null)[]): Lane | null {
  if (inputs.some((lane) => lane === null || lane.place !== asIs))
    return blocked(stage, inputs, 'joins them with channels that must stay');
  if (new Set(inputs.map((lane) => root(lane!.group).channels)).size > 1)
    return blocked(stage, inputs, 'joins values of different numbers of channels');
  const [own, ...others] = inputs.map((lane) => root(lane!.group)) as [Growing, ...Growing[]];
  for (const other of others.map(root)) {
    if (other === root(own)) continue;
    own.producers.push(...other.producers);
    own.takers.push(...other.takers);
    own.isOutput ||= other.isOutput;
    own.obstacle ??= other.obstacle;
    other.into = own;
  }
  return { group: own, place: asIs };
}

const activationOf = (layer: Layer): string => (layer.config as { activation?: string }).activation ?? 'linear';
const keepsZero = (layer: Layer): boolean => ZERO_PRESERVING.has(activationOf(layer));

/** Whether a layer treats every channel alike, and holds nothing per channel. */
function isTransparent(layer: Layer): boolean {
  const { threshold = 0 } = layer.config as { threshold?: number };
  const isBend = layer.kind === 'leakyRelu' || layer.kind === 'elu' || (layer.kind === 'relu' && threshold === 0);
  return keepsZero(layer) && (TRANSPARENT.has(layer.kind) || isBend);
}

/** The groups with those layers or, by default, all that the model does not put out; throws where one can't be made smaller. */
export function chosenGroups(
  groups: readonly ChannelGroup[],
  layers: readonly string[] | undefined,
  what: string,
): ChannelGroup[] {
  const able = groups.filter((g) => !g.isOutput);
  const chosen = layers === undefined ? able : [...new Set(layers.map((name) => groupOf(groups, name, what)))];
  for (const { obstacle, isOutput, name } of chosen) {
    if (isOutput) throw new ConfigError(`${what}: '${name}' makes the model's output; its units can't be removed.`);
    if (obstacle === null) continue;
    throw new ConfigError(
      `${what}: filters of '${name}' can't be removed, because ${obstacle}. Leave '${name}' out with the layers option, or prune unstructured.`,
    );
  }
  return chosen;
}

function groupOf(groups: readonly ChannelGroup[], name: string, what: string): ChannelGroup {
  const found = groups.find((g) => g.names.includes(name));
  if (found !== undefined) return found;
  throw new ConfigError(
    `${what}: layer '${name}' does not exist or has nothing to prune here. Layers to choose from: ${groups.flatMap((g) => g.names).join(', ')}.`,
  );
}

/** The stages with only `kept` channels of a group. */
export function keepGroup(stages: readonly Stage[], group: ChannelGroup, kept: Int32Array): Stage[] {
  const result = [...stages];
  for (const at of group.producers) result[at] = withOutputs(result[at]!, kept);
  for (const { at, place } of group.takers) {
    const stage = result[at]!;
    const { kind } = stage.layer;
    const own = place(kept);
    if (kind === 'batchNorm') result[at] = { ...stage, params: pick(stage.params, own), state: pick(stage.state, own) };
    else if (kind === 'depthwiseConv2d') result[at] = withDepthwiseInputs(stage, own)[0];
    else result[at] = withInputs(stage, own);
  }
  return result;
}
