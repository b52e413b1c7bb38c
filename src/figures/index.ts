/**
 * Figures as Vega-Lite specifications: plain JSON that any Vega renderer draws.
 *
 * @module
 */

export {};
