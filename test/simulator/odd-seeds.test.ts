import t from 'tap';
import { checkHistories } from './check-histories.js';

t.test('R1 to R12 hold in a thousand histories of odd seeds', (t) => checkHistories(t, 1, 1_000));
