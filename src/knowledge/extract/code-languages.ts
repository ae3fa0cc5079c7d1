/** How definitions begin in each language: patterns over one line without its indentation, the first group being the name. */
export interface DefinitionPattern {
  readonly type: 'function' | 'type';
  readonly pattern: RegExp;
  /** Only right within a type. */
  readonly isMember?: boolean;
}

/** @param extension with dot, in small letters. */
export function findLanguage(extension: string): readonly DefinitionPattern[] | undefined {
  return BY_EXTENSION.get(extension);
}

const typed = (pattern: RegExp): DefinitionPattern => ({ type: 'type', pattern });
const called = (pattern: RegExp): DefinitionPattern => ({ type: 'function', pattern });
const member = (pattern: RegExp): DefinitionPattern => ({ type: 'function', pattern, isMember: true });

const JAVASCRIPT = [
  typed(/^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:class|interface|enum|const\s+enum|namespace)\s+([\w$]+)/),
  typed(/^(?:export\s+)?(?:declare\s+)?type\s+([\w$]+)[^=]{0,200}=/),
  called(/^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:async\s+)?function\s*\*?\s*([\w$]+)/),
  called(
    /^(?:export\s+)?(?:const|let|var)\s+([\w$]+)\s*(?::[^=]{1,200})?=\s*(?:async\s*)?(?:function\b|(?:<[^>]{1,100}>)?\([^)]{0,300}\)[^=]{0,100}=>|\($|[\w$]+\s*=>)/,
  ),
  member(
    /^(?:(?:public|private|protected|static|async|override|readonly|abstract|get|set)\s+){0,5}\*?\s*(#?[\w$]+)\s*(?:<[^>]{0,100}>)?\((?:.{0,300}(?:[{(,[]|\{ ?\}))?$/,
  ),
];
const PYTHON = [typed(/^class\s+(\w+)/), called(/^(?:async\s+)?def\s+(\w+)/)];
const GO = [typed(/^type\s+(\w+)/), called(/^func\s+(?:\([^)]{0,100}\)\s*)?(\w+)/)];
const RUST = [
  typed(/^(?:pub(?:\([^)]{0,50}\))?\s+)?(?:unsafe\s+)?(?:struct|enum|trait|union|mod)\s+(\w+)/),
  typed(/^(?:unsafe\s+)?impl(?:<[^>]{0,200}>)?\s+(?:[\w:<>, ']{1,200}\s+for\s+)?([\w:]+)/),
  called(/^(?:pub(?:\([^)]{0,50}\))?\s+)?(?:default\s+)?(?:const\s+)?(?:async\s+)?(?:unsafe\s+)?(?:extern\s+"[^"]{0,20}"\s+)?fn\s+(\w+)/),
];
const MODIFIERS =
  '(?:(?:public|private|protected|internal|static|final|abstract|sealed|partial|readonly|async|override|virtual|open|data|inline|suspend|fileprivate|implicit|lazy|case|operator|extern|unsafe|synchronized|native|default|export|constexpr|explicit|friend)\\s+){0,6}';
const JAVA = [
  typed(new RegExp(`^${MODIFIERS}(?:class|interface|enum|record|struct|namespace|@interface)\\s+(\\w+)`)),
  member(new RegExp(`^${MODIFIERS}(?:<[^>]{0,100}>\\s+)?(?:[\\w<>\\[\\],.?]{1,100}\\s+){0,2}(\\w+)\\s*\\([^;=]{0,300}$`)),
];
const C = [
  typed(/^(?:typedef\s+)?(?:class|struct|enum(?:\s+class)?|union|namespace)\s+(\w+)(?![^{]{0,200};)/),
  called(/^(?:[\w*&:<>,~]{1,100}\s+){1,4}[*&]{0,2}((?:\w+::){0,3}~?\w+)\s*\([^;]{0,300}$/),
  member(/^(?:[\w*&:<>,]{1,100}\s+){0,3}[*&]{0,2}(~?\w+)\s*\([^;]{0,300}$/),
];
const PHP = [
  typed(new RegExp(`^${MODIFIERS}(?:class|interface|trait|enum)\\s+(\\w+)`)),
  called(new RegExp(`^${MODIFIERS}function\\s+&?(\\w+)`)),
];
const RUBY = [typed(/^(?:class|module)\s+([\w:]+)/), called(/^def\s+((?:self\.)?[\w?!=]+)/)];
const SWIFT = [
  typed(new RegExp(`^${MODIFIERS}(?:class|struct|enum|protocol|extension|actor)\\s+(\\w+)`)),
  called(new RegExp(`^${MODIFIERS}(?:mutating\\s+)?func\\s+(\\w+)`)),
];
const KOTLIN = [
  typed(new RegExp(`^${MODIFIERS}(?:enum\\s+)?(?:class|interface|object)\\s+(\\w+)`)),
  called(new RegExp(`^${MODIFIERS}fun\\s+(?:<[^>]{0,100}>\\s*)?(?:[\\w<>?]{1,60}\\.)?(\\w+)`)),
];
const SCALA = [typed(new RegExp(`^${MODIFIERS}(?:class|trait|object|enum)\\s+(\\w+)`)), called(new RegExp(`^${MODIFIERS}def\\s+(\\w+)`))];
const LUA = [called(/^(?:local\s+)?function\s+([\w.:]+)/), called(/^(?:local\s+)?([\w.]+)\s*=\s*function\b/)];
const R = [called(/^([\w.]+)\s*(?:<-|=)\s*function\b/)];
const SHELL = [called(/^(?:function\s+)?([\w-]+)\s*\(\)/), called(/^function\s+([\w-]+)/)];
const SQL = [
  typed(
    /^create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:table|view|materialized\s+view|type)\s+(?:if\s+not\s+exists\s+)?([\w."`]+)/i,
  ),
  called(/^create\s+(?:or\s+replace\s+)?(?:function|procedure|trigger)\s+([\w."`]+)/i),
];

const LANGUAGES: readonly (readonly [readonly string[], readonly DefinitionPattern[]])[] = [
  [['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx'], JAVASCRIPT],
  [['.py'], PYTHON],
  [['.go'], GO],
  [['.rs'], RUST],
  [['.java', '.cs'], JAVA],
  [['.c', '.h', '.cpp', '.hpp', '.cc', '.cxx', '.hh'], C],
  [['.php'], PHP],
  [['.rb'], RUBY],
  [['.swift'], SWIFT],
  [['.kt', '.kts'], KOTLIN],
  [['.scala'], SCALA],
  [['.lua'], LUA],
  [['.r'], R],
  [['.sh', '.bash'], SHELL],
  [['.sql'], SQL],
];
const BY_EXTENSION = new Map(LANGUAGES.flatMap(([extensions, patterns]) => extensions.map((extension) => [extension, patterns] as const)));

export const CODE_EXTENSIONS: readonly string[] = [...BY_EXTENSION.keys(), '.css'];
