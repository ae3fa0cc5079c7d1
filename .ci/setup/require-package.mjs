// Put into the bundle by bundle.mjs, where packages in CommonJS are loaded.
import { createRequire } from 'node:module';

// Left out where nothing is loaded by it.
export const requirePackage = /* @__PURE__ */ createRequire(import.meta.url);
