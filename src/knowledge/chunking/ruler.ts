/** How long parts of a text are, in the unit that sizes are given in. Offsets are UTF-16. */
export interface Ruler {
  /** Size of a range; of tokens an estimate that is rarely below the truth. */
  measure(start: number, end: number): number;
  /** The furthest end of a range from `start` that is at most `size` long, by as little as can be measured beyond `start`. */
  forward(start: number, size: number): number;
  /** The first start of a range to `end` that is at most `size` long. */
  back(end: number, size: number): number;
}

export const CHARACTER_RULER: Ruler = {
  measure: (start, end) => end - start,
  forward: (start, size) => start + size,
  back: (end, size) => end - size,
};
