/** CFG-81 */
export interface TlsSettings {
  readonly enabled: boolean;
  /** Absolute; '' = none. */
  readonly certFile: string;
  readonly keyFile: string;
  /** '' = clients need no certificate. */
  readonly clientCaFile: string;
  readonly minVersion: '1.2' | '1.3';
  /** 0 = the files are read once. */
  readonly reloadIntervalMs: number;
}

/** CFG-82 */
export interface CorsSettings {
  /** `*` = all. */
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  /** Never with `*`. */
  readonly allowCredentials: boolean;
  readonly maxAgeMs: number;
}
