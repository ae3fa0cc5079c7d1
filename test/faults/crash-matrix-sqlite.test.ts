import t from 'tap';
import { crashMatrix } from '../support/crash-matrix.js';
import { createSqlite } from '../support/temp-database.js';

t.test('sqlite', (t) => crashMatrix(t, (t) => () => createSqlite(t)));
