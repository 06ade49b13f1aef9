#pragma STDC FP_CONTRACT OFF
#include "CKernels.h"
#include "elementary.h"

double outpace_exp(double x) { return elementary_exp(x); }
double outpace_log(double x) { return elementary_log(x); }
double outpace_log1p(double x) { return elementary_log1p(x); }
double outpace_tanh(double x) { return elementary_tanh(x); }
double outpace_sigmoid(double x) { return elementary_sigmoid(x); }
double outpace_softplus(double x) { return elementary_softplus(x); }
