/**
 * Tokens and credentials of webhooks on their way into the database and out of it (P11): AES-256-GCM under a key made from
 * `server.a2a.push.encryption_key`. Without that key they are stored as they are, and their protection is the database's.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { AppError } from '../../base/errors.js';

export interface PushSecrets {
  /** '' stays ''. */
  seal(text: string): string;
  /** @throws AppError `PUSH_SECRET_UNREADABLE` for what another key sealed. */
  open(sealed: string): string;
}

export function createPushSecrets(encryptionKey: string): PushSecrets {
  const key = encryptionKey === '' ? undefined : scryptSync(encryptionKey, SALT, 32);
  return {
    seal(text) {
      if (text === '') return '';
      if (key === undefined) return PLAIN + text;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return SEALED + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    },
    open(sealed) {
      if (sealed === '') return '';
      if (sealed.startsWith(PLAIN)) return sealed.slice(PLAIN.length);
      if (key === undefined || !sealed.startsWith(SEALED)) throw unreadable();
      const bytes = Buffer.from(sealed.slice(SEALED.length), 'base64');
      try {
        const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw unreadable(cause);
      }
    },
  };
}

function unreadable(cause?: unknown): AppError {
  return new AppError('PUSH_SECRET_UNREADABLE', {
    message:
      'The token or the credentials of a webhook were sealed with another server.a2a.push.encryption_key: set that key again, or register the webhook anew',
    ...(cause === undefined ? {} : { cause }),
  });
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Says which form a stored text has. */
const PLAIN = 'plain:';
const SEALED = 'gcm1:';
/** Every instance must come to the same key; the secret itself is the configuration's to choose well. */
const SALT = 'hector push secrets 1';
