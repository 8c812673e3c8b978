/** Values that databases are known to disagree about, each with the one answer that all engines have to give. */

import type { TortureCase } from "./torture-case.ts";
import { largeCases, limitCases, otherCases } from "./torture-limits.ts";
import { numberCases, sumCases } from "./torture-numbers.ts";
import { logicCases, patternCases, textCases } from "./torture-text.ts";

export const tortureCases: readonly TortureCase[] = [
  ...logicCases,
  ...patternCases,
  ...textCases,
  ...numberCases,
  ...sumCases,
  ...otherCases,
  ...limitCases,
  ...largeCases,
];
