import { testProviderModel } from './provider-model.js';
import { geminiWire } from './wires/gemini.js';

testProviderModel(geminiWire);
