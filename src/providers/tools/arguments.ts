/** Arguments of a tool call against the tool's own schema (TOOL-22, TOOL-50, W-34). */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { AppError } from '../../base/errors.js';
import type { JsonObject } from '../../base/json.js';
import { runBounded } from '../../base/run-bounded.js';
import { createAjv } from '../../config/create-ajv.js';
import type { Tool } from './contract.js';

export type ArgumentsCheck =
  /** A copy with the schema's defaults applied. */
  | { readonly type: 'valid'; readonly arguments: JsonObject }
  /** Readable text for the model, so that it can correct its call. */
  | { readonly type: 'invalid'; readonly problems: string };

type CheckedTool = Pick<Tool, 'name' | 'parameters' | 'isForeign'>;

export type CheckArguments = (tool: CheckedTool, args: JsonObject) => ArgumentsCheck;

/**
 * Compiles each schema once; compiled schemas live as long as the tool's `parameters` object.
 * The check throws `TOOL_FAILED` when the schema itself is broken.
 */
export function createArgumentsCheck(): CheckArguments {
  const compiled = new WeakMap<JsonObject, Compiled>();
  return (tool, args) => {
    let known = compiled.get(tool.parameters);
    if (known === undefined) {
      known = { validate: compile(tool), isCostly: tool.isForeign === true || COSTLY.test(JSON.stringify(tool.parameters)) };
      compiled.set(tool.parameters, known);
    }
    const { validate, isCostly } = known;
    const copy = structuredClone(args);
    const isValid = isCostly ? runBounded(MAX_CHECK_MS, () => validate(copy), 'late') : validate(copy);
    if (isValid === true) return { type: 'valid', arguments: copy };
    return { type: 'invalid', problems: isValid === 'late' ? LATE : describeProblems(validate.errors ?? []) };
  };
}

interface Compiled {
  readonly validate: ValidateFunction;
  readonly isCostly: boolean;
}

/** What may take a time that grows faster than the arguments do: some of it doubles with every level. */
const COSTLY = /"(?:pattern|patternProperties|uniqueItems|contains|\$ref|\$dynamicRef|anyOf|oneOf|allOf|if)":/;
const MAX_CHECK_MS = 1_000;
/** Once for each schema. */
const MAX_COMPILE_MS = 5_000;
const LATE = `they could not be checked within ${MAX_CHECK_MS} ms; send less`;
/** More of them helps nobody. */
const MAX_PROBLEMS = 20;

function describeProblems(errors: readonly ErrorObject[]): string {
  const more = errors.length - MAX_PROBLEMS;
  return [...errors.slice(0, MAX_PROBLEMS).map(describeProblem), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** An instance per schema: two MCP servers may use one `$id` for different schemas, and an instance keeps all it has compiled. */
function compile({ name, parameters, isForeign }: CheckedTool): ValidateFunction {
  try {
    const { $schema, ...schema } = parameters;
    const code = isForeign === true ? { regExp: ANY_TEXT } : {};
    const validator = createAjv($schema, { useDefaults: true, allErrors: true, strict: false, validateFormats: false, code });
    const validate = runBounded(MAX_COMPILE_MS, () => validator.compile(schema), undefined);
    if (validate === undefined) throw new Error(`it could not be compiled within ${MAX_COMPILE_MS} ms`);
    return validate;
  } catch (error) {
    throw new AppError('TOOL_FAILED', { message: `The parameter schema of tool '${name}' is invalid`, cause: error });
  }
}

function describeProblem({ instancePath, keyword, message, params }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll('/', '.');
  const at = path === '' ? '' : `'${path}' `;
  if (keyword === 'additionalProperties') return `${at}has no parameter '${String(params['additionalProperty'])}'`;
  if (keyword === 'required') return `${at}misses the required parameter '${String(params['missingProperty'])}'`;
  if (keyword === 'enum') return `${at}must be one of ${JSON.stringify(params['allowedValues'])}`;
  return `${at}${message ?? 'is invalid'}`;
}

/** In place of a stranger's regular expression, which could take the whole process minutes for one text. */
const ANY_TEXT = Object.assign(() => ({ test: () => true }), { code: 'anyText' });
