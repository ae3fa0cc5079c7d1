/** What a Claude model understands, by its version; a name without one is taken for the newest. */
export interface ClaudeFamily {
  /** It decides itself how much to think, and takes an effort in place of a budget. */
  readonly thinksAdaptively: boolean;
  /** It thinks unless it is told not to. */
  readonly thinksByDefault: boolean;
  readonly takesTemperature: boolean;
  /** `output_config.format` */
  readonly takesOutputFormat: boolean;
}

export function readClaudeFamily(model: string): ClaudeFamily {
  const [, major, minor = '0'] = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(model) ?? [];
  const version = major === undefined ? Number.POSITIVE_INFINITY : Number(major) + Number(minor) / 100;
  return {
    thinksAdaptively: version >= 4.06,
    thinksByDefault: version >= 5,
    takesTemperature: version < 4.07,
    takesOutputFormat: version >= 4.05,
  };
}
