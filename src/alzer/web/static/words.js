/** How lists of analyses say a date, a share and a kind. */

import { locale, msg, number, t } from "./texts.js";

const KINDS = { slice: msg("Slice"), volume: msg("Whole head") };

const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

/** Say when an analysis was made, in the time of this place. */
export const dateOf = ({ created_at: made }) => format.format(new Date(made));

export const kindOf = ({ kind }) => t(KINDS[kind] ?? KINDS.slice);

/** Say a share as a whole number of percent. */
export const percent = (share) => `${number(100 * share)} %`;
