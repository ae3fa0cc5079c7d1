import t from 'tap';
import { crashMatrix } from '../support/crash-matrix.js';
import { forEachServer } from '../support/temp-database.js';

forEachServer(t, crashMatrix);
