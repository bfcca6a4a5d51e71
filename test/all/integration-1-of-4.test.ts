import { runInOneProcess } from '../support/in-one-process.ts';

runInOneProcess('integration', { number: 1, of: 4 });
