import { runInOneProcess } from '../support/in-one-process.ts';

runInOneProcess('integration', { number: 2, of: 4 });
