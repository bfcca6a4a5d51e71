import { runInOneProcess } from '../support/in-one-process.ts';

runInOneProcess('integration', { number: 3, of: 4 });
