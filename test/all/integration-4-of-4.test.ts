import { runInOneProcess } from '../support/in-one-process.ts';

runInOneProcess('integration', { number: 4, of: 4 });
