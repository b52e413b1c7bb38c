/**
 * Figures as Vega-Lite specifications: plain JSON that any Vega-Lite renderer draws. The packages `vega` and `vega-lite`
 * are only needed to draw here.
 *
 * @module
 */

export {
  classBalanceFigure,
  type LabelledSet,
  type ResamplingFigureOptions,
  resamplingFigure,
} from './balance';
export { type ConfusionFigureOptions, confusionMatrixFigure } from './confusion';
export {
  type CalibrationFigureOptions,
  type CurveFigureOptions,
  calibrationFigure,
  type NamedScores,
  precisionRecallFigure,
  rocCurveFigure,
} from './curves';
export { featureImportanceFigure, type ImportanceFigureOptions } from './importances';
export {
  type CurveScores,
  historyFigure,
  type LearningFigureOptions,
  learningCurveFigure,
  type ValidationFigureOptions,
  validationCurveFigure,
} from './learning';
export { type RenderOptions, saveHTML, saveSVG, toSVG, type Vega, type VegaLite } from './render';
export type { FigureOptions, Json, VegaLiteSpec } from './spec';
