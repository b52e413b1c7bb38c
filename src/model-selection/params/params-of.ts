import type { PipelineStep, PipelineSteps } from '../pipeline/types';

type Join<A extends string, B> = B extends string ? `${A}__${B}` : never;
type Merge<U> = (U extends unknown ? (u: U) => void : never) extends (merged: infer I) => void ? I : never;
type StepParams<N extends string, E> = string extends N ? Readonly<Record<string, unknown>> : Named<N, E>;
type Named<N extends string, E> = { readonly [K in N]?: PipelineStep } & {
  readonly [K in keyof ParamsOf<E> as Join<N, K>]?: ParamsOf<E>[K];
};
type OptionParams<O> = { readonly [K in keyof O]?: O[K] } & {
  readonly [K in `${keyof O & string}__${string}`]?: unknown;
};

/**
 * The parameters of an estimator by name: its options; a pipeline's steps, and with two underscores their parameters
 * (`'clf__C'`); what a search or another meta-estimator holds as `estimator__…`.
 */
export type ParamsOf<E> = E extends { readonly steps: infer S extends PipelineSteps }
  ? number extends S['length']
    ? Readonly<Record<string, unknown>>
    : Merge<
        S[number] extends infer P
          ? P extends readonly [infer N extends string, infer T]
            ? StepParams<N, T>
            : never
          : never
      >
  : E extends { readonly estimator: infer I; readonly options: infer O }
    ? StepParams<'estimator', I> & OptionParams<NonNullable<O>>
    : E extends { readonly options: infer O }
      ? OptionParams<NonNullable<O>>
      : Readonly<Record<string, unknown>>;

/** For each of some parameters the values to try. */
export type GridOf<E> = { readonly [K in keyof ParamsOf<E>]?: ArrayLike<ParamsOf<E>[K]> };
