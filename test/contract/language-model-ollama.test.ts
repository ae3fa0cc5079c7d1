import { testProviderModel } from './provider-model.js';
import { ollamaWire } from './wires/ollama.js';

testProviderModel(ollamaWire);
