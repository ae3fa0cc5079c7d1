/** The fault points that the code has, read from its text. */
import type { Files } from '../gates/project.js';

export function listFaultPoints(files: Files): readonly string[] {
  const names = new Set<string>();
  for (const text of files.values()) {
    for (const [, name = ''] of text.matchAll(/faultPoint\('([\w.-]+)'\)/g)) names.add(name);
    // One method writes for all of them: `store.<method>.<before|after>`.
    for (const [, place = ''] of text.matchAll(/faultPoint\(`store\.\$\{name\}\.(\w+)`\)/g)) {
      for (const [, method = ''] of text.matchAll(/#write\(\s*'(\w+)'/g)) names.add(`store.${method}.${place}`);
    }
  }
  return [...names].sort();
}
