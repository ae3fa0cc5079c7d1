/** What a Gemini model understands, by its generation; a name without one (`gemini-flash-latest`) is taken for the newest. */
export interface GeminiFamily {
  /** It refuses calls of its history that come without the signature of their thinking. */
  readonly wantsSignatures: boolean;
  /** Tools and a JSON answer in one request. */
  readonly takesSchemaBesideTools: boolean;
  /** Images and files inside of a function's response. */
  readonly takesFilesInResponses: boolean;
  /** A budget of 0 turns thinking off. */
  readonly canStopThinking: boolean;
}

export function readGeminiFamily(model: string): GeminiFamily {
  const generation = Number(/gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1] ?? Number.POSITIVE_INFINITY);
  const isThird = generation >= 3;
  return {
    wantsSignatures: isThird,
    takesSchemaBesideTools: isThird,
    takesFilesInResponses: isThird,
    canStopThinking: generation === 2.5 && model.includes('flash'),
  };
}
