/** How lists of analyses say a date, a share and a kind. */

const KINDS = { slice: "Slice", volume: "Whole head" };

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Say when an analysis was made, in the time of this place. */
export const dateOf = ({ created_at: made }) => format.format(new Date(made));

export const kindOf = ({ kind }) => KINDS[kind] ?? KINDS.slice;

/** Say a share as a whole number of percent. */
export const percent = (share) => `${(100 * share).toFixed(0)} %`;
