"""Events in order, written with what they tell and read by others at their own pace."""
