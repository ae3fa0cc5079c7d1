import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageFolder } from './package-folder.js';

/** Version of this build; `dev` where no package file tells it (CLI-01). */
export function readVersion(): string {
  try {
    const text = readFileSync(join(findPackageFolder() ?? '', 'package.json'), 'utf8');
    return (JSON.parse(text) as { readonly version?: string }).version ?? 'dev';
  } catch {
    // A build without its package file is a development build.
    return 'dev';
  }
}
