import { ConfigError } from '../core/errors';
import type { AnyLayer } from './layer';

/**
 * A unique name for every layer: its own or, as in Keras, its kind with a number from the second on: `dense`, `dense_1`.
 *
 * @throws ConfigError when two layers were given the same name.
 */
export function nameLayers(layers: readonly AnyLayer[], what = 'sequential'): string[] {
  const taken = new Set<string>();
  for (const { name } of layers) {
    if (name === null) continue;
    if (taken.has(name)) throw new ConfigError(`${what}: two layers are named '${name}'. Names must be unique.`);
    taken.add(name);
  }
  const counts = new Map<string, number>();
  return layers.map(({ name, kind }) => {
    if (name !== null) return name;
    for (let n = counts.get(kind) ?? 0; ; n++) {
      const candidate = n === 0 ? kind : `${kind}_${n}`;
      if (taken.has(candidate)) continue;
      taken.add(candidate);
      counts.set(kind, n + 1);
      return candidate;
    }
  });
}

/** Checks names that were given as a list. */
export function checkNames(names: readonly string[], count: number): void {
  if (names.length !== count) throw new ConfigError(`sequential: ${names.length} names for ${count} layers.`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ConfigError(`sequential: two layers are named '${twice}'. Names must be unique.`);
}
