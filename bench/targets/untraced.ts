/** Hector with another module in the place of the one that makes spans, swapped while it is loaded. */
import { register } from 'node:module';

register('./untraced-hook.js', import.meta.url);
await import('../../src/main.js');
